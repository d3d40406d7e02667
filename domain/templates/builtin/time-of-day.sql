-- Traffic and purchases by weekday (1 is Sunday) and hour, in UTC, at the time of the traffic.
WITH events AS (
  SELECT impression_dt_hour_utc AS happened_at, 'dsp' AS ad_product_type, user_id,
         impressions, 0 AS clicks, total_cost / 100000 AS cost, -- millicents
         0 AS purchases, 0 AS sales
  FROM dsp_impressions
  WHERE (CARDINALITY(CUSTOM_PARAMETER('campaign_ids')) = 0
       OR ARRAY_CONTAINS(CUSTOM_PARAMETER('campaign_ids'), campaign_id_string))
  UNION ALL
  SELECT click_dt_hour_utc, 'dsp', user_id, 0, clicks, 0, 0, 0
  FROM dsp_clicks
  WHERE (CARDINALITY(CUSTOM_PARAMETER('campaign_ids')) = 0
       OR ARRAY_CONTAINS(CUSTOM_PARAMETER('campaign_ids'), campaign_id_string))
  UNION ALL
  SELECT event_dt_hour_utc, ad_product_type, user_id, impressions, clicks,
         spend / 100000000, -- microcents
         0, 0
  FROM sponsored_ads_traffic
  WHERE (CARDINALITY(CUSTOM_PARAMETER('campaign_ids')) = 0
       OR ARRAY_CONTAINS(CUSTOM_PARAMETER('campaign_ids'), campaign_id_string))
  UNION ALL
  SELECT traffic_event_dt_hour_utc, COALESCE(ad_product_type, 'dsp'), user_id, 0, 0, 0,
         total_purchases, total_product_sales
  FROM amazon_attributed_events_by_traffic_time
  WHERE (CARDINALITY(CUSTOM_PARAMETER('campaign_ids')) = 0
       OR ARRAY_CONTAINS(CUSTOM_PARAMETER('campaign_ids'), campaign_id_string))
)
SELECT DAYOFWEEK(happened_at) AS weekday, HOUR(happened_at) AS hour_of_day, ad_product_type,
       SUM(impressions) AS impressions,
       SUM(clicks) AS clicks,
       SUM(cost) AS cost,
       SUM(purchases) AS purchases,
       SUM(sales) AS sales
FROM events
GROUP BY 1, 2, 3
