-- What customers searched for when a sponsored ad was shown, what it cost and what it brought.
-- Traffic and conversions are stacked, never joined.
WITH events AS (
  SELECT customer_search_term AS search_term, match_type, campaign_id_string, campaign, user_id,
         impressions, clicks, spend / 100000000 AS cost, -- microcents
         0 AS purchases, 0 AS sales
  FROM sponsored_ads_traffic
  WHERE customer_search_term IS NOT NULL
    AND (CARDINALITY(CUSTOM_PARAMETER('campaign_ids')) = 0
       OR ARRAY_CONTAINS(CUSTOM_PARAMETER('campaign_ids'), campaign_id_string))
  UNION ALL
  SELECT customer_search_term, match_type, campaign_id_string, campaign, user_id, 0, 0, 0,
         total_purchases, total_product_sales
  FROM amazon_attributed_events_by_traffic_time
  WHERE customer_search_term IS NOT NULL
    AND (CARDINALITY(CUSTOM_PARAMETER('campaign_ids')) = 0
       OR ARRAY_CONTAINS(CUSTOM_PARAMETER('campaign_ids'), campaign_id_string))
)
SELECT search_term, match_type, campaign_id_string, campaign,
       SUM(impressions) AS impressions,
       SUM(clicks) AS clicks,
       SUM(cost) AS cost,
       SUM(purchases) AS purchases,
       SUM(sales) AS sales
FROM events
GROUP BY 1, 2, 3, 4
HAVING SUM(impressions) >= {{least_impressions}}
