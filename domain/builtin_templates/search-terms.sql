-- What customers searched for when a sponsored ad was shown, and what it cost.
SELECT customer_search_term AS search_term, match_type, campaign_id_string, campaign,
       SUM(impressions) AS impressions,
       SUM(clicks) AS clicks,
       SUM(spend) / 100000000 AS cost,
       COUNT(DISTINCT user_id) AS users
FROM sponsored_ads_traffic
WHERE customer_search_term IS NOT NULL
  AND (CARDINALITY(CUSTOM_PARAMETER('campaign_ids')) = 0
       OR ARRAY_CONTAINS(CUSTOM_PARAMETER('campaign_ids'), campaign_id_string))
GROUP BY 1, 2, 3, 4
HAVING SUM(impressions) >= {{least_impressions}}
